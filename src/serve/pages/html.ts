const special: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup. Made by the `html` tag only, so that no text gets into a page unescaped. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlPart = Html | string | number | false | undefined | readonly HtmlPart[];

/** Escapes every value that is not markup itself; lists are put one after another, `false` and `undefined` are nothing. */
export function html(strings: TemplateStringsArray, ...values: HtmlPart[]): Html {
  return new Html(
    strings.map((text, at) => `${text}${at < values.length ? markupOf(values[at]) : ''}`).join(''),
  );
}

function markupOf(part: HtmlPart): string {
  if (part === false || part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(markupOf).join('');
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => special[character] ?? character);
}
