import { useId, useRef, useState } from 'preact/hooks';

interface TermProps {
  text: string;
  /** What it measures, in a sentence. */
  about: string;
}

/** A word that says what it means on hover and on focus; Escape closes it again. */
export function Term({ text, about }: TermProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
  const open = () => {
    const box = button.current?.getBoundingClientRect();
    if (!box) return;
    // Fixed: a table that scrolls sideways must not cut it off.
    const width = Math.min(280, document.documentElement.clientWidth - 16);
    const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8));
    setPlace({ left, top: box.bottom + 4 });
  };
  const close = () => setPlace(null);
  return (
    <span class="term" onMouseEnter={open} onMouseLeave={close}>
      <button
        type="button"
        ref={button}
        aria-describedby={id}
        onFocus={open}
        onBlur={close}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
        }}
      >
        {text}
      </button>
      <span
        role="tooltip"
        id={id}
        class={place ? 'tip open' : 'tip'}
        style={place ? { left: `${place.left}px`, top: `${place.top}px` } : {}}
      >
        {about}
      </span>
    </span>
  );
}
