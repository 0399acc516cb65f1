/** On paper the page is as wide as the paper, and nothing tells an observer of sizes before it is printed. */
const onPaper = 'paper';

/** Calls back with the element's width when that changes, also for printing. Returns what ends it. */
export function watchWidth(element: HTMLElement, callback: (width: number) => void): () => void {
  const tell = () => callback(element.clientWidth);
  const observer = new ResizeObserver(tell);
  observer.observe(element);
  addEventListener('beforeprint', tell);
  addEventListener('afterprint', tell);
  return () => {
    observer.disconnect();
    removeEventListener('beforeprint', tell);
    removeEventListener('afterprint', tell);
  };
}

/**
 * For the time of a print: the page as wide as paper, and open what is folded away and worth reading there. To be
 * called before anything watches a width, so that what is watched is laid out already.
 */
export function preparePrinting(): void {
  const opened = new Set<HTMLDetailsElement>();
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add(onPaper);
    for (const details of document.querySelectorAll<HTMLDetailsElement>('.finding details, details.rules')) {
      if (details.open) continue;
      details.open = true;
      opened.add(details);
    }
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove(onPaper);
    for (const details of opened) details.open = false;
    opened.clear();
  });
}
