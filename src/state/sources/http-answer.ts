import { request } from 'undici';

const mostBytes = 64 * 1024 * 1024;
const longestQuote = 200;

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export interface HttpQuestion {
  url: string;
  method: 'GET' | 'HEAD' | 'POST';
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/** One request, no redirects followed, no retries: a probe that had to try twice would hide that the system flaps. */
export async function ask({ url, method, headers, body, signal }: HttpQuestion): Promise<HttpAnswer> {
  const response = await request(url, { method, headers, body: body ?? null, signal });
  let text = '';
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`${placeOf(url)} answered with more than 64 MB`);
    text += decoder.decode(chunk, { stream: true });
  }
  const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return { status: response.statusCode, headers: Object.fromEntries(flat), text: text + decoder.decode() };
}

/** @throws for what is not 2xx with JSON in it */
export function jsonOf(url: string, { status, text }: HttpAnswer): unknown {
  if (status < 200 || status > 299) throw new Error(`${placeOf(url)} answered ${status}: ${quote(text)}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${placeOf(url)} answered ${status} without JSON: ${quote(text)}`);
  }
}

/** Without user, password and query: those may hold secrets. */
export function placeOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : 'a URL that cannot be read';
}

function quote(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line || 'nothing';
}
