import type { LiveMessage } from '../model/live-feed.js';
import type { LiveStore } from './live-store.js';

/** What came within it is drawn at once: a page that catches up draws once, not once a second of the run. */
const drawEveryMs = 250;

/** The feed of the server that the page came from. The browser connects again by itself, and says what it has. */
export class LiveConnection {
  state: 'connecting' | 'live' | 'lost' | 'over' = 'connecting';
  problem: string | undefined;
  private waiting: LiveMessage[] = [];
  private drawing: number | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly store: LiveStore,
    private readonly onEnd: () => void,
  ) {}

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  open(): void {
    const source = new EventSource('/live/events');
    source.addEventListener('open', () => this.become('live'));
    source.addEventListener('error', () => {
      if (this.state === 'over') return;
      this.become('lost');
      // The browser gives up after an answer that is no stream (nothing has begun yet, too many watch).
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.open(), 2_000);
    });
    source.addEventListener('message', (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as LiveMessage;
      this.waiting.push(message);
      if (message.type === 'end') {
        source.close();
        this.become('over');
      }
      this.drawing ??= window.setTimeout(() => this.draw(), drawEveryMs);
    });
  }

  abort(): void {
    void this.post('/live/abort').catch((error: unknown) => {
      this.problem = `The abort did not reach the rehearsal: ${String(error)}`;
      this.become(this.state);
    });
  }

  private async post(path: string): Promise<void> {
    const session = (await (await fetch('/live/session')).json()) as { csrf: string | null };
    const answer = await fetch(path, { method: 'POST', headers: { 'x-dten-csrf': session.csrf ?? '' } });
    if (!answer.ok && answer.status !== 409) throw new Error(`status ${answer.status}`);
  }

  private draw(): void {
    this.drawing = undefined;
    const messages = this.waiting;
    this.waiting = [];
    this.store.apply(messages);
    if (messages.some(({ type }) => type === 'end')) this.onEnd();
  }

  private become(state: LiveConnection['state']): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
