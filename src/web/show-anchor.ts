/** Opens whatever folds it away, brings it into view and gives it the focus, so that a keyboard goes on from there. */
export function showAnchor(id: string): void {
  const element = document.getElementById(id);
  if (!element) return;
  for (const inside of element.querySelectorAll(':scope > details')) inside.setAttribute('open', '');
  for (let parent = element.parentElement; parent; parent = parent.parentElement) {
    if (parent instanceof HTMLDetailsElement) parent.open = true;
  }
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ behavior: still ? 'auto' : 'smooth', block: 'start' });
}
