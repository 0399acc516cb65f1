import { Readable } from 'node:stream';
import type { Cursor, LiveFeed } from './live-feed.js';

/** A comment now and then keeps proxies from ending a connection on which nothing happens. */
const beatEveryMs = 15_000;
/** A reader that has taken nothing for so long, with something to take, is gone or stuck: it may come again. */
const stuckAfterMs = 30_000;

/** How soon a browser connects again after it was cut off. */
const hello = 'retry: 1000\n\n';

/**
 * What one viewer reads of a feed, from a cursor on, as server-sent events. It is pulled: while the viewer takes
 * nothing, nothing is put aside for it but one batch.
 */
export class ViewerStream extends Readable {
  private wants = false;
  private greeted = false;
  private unreadBeats = 0;
  private readonly stopListening: () => void;
  private readonly beat: NodeJS.Timeout;

  constructor(
    private readonly feed: LiveFeed,
    private readonly cursor: Cursor,
    beatMs: number = beatEveryMs,
  ) {
    super({ highWaterMark: 1, encoding: 'utf8' });
    this.stopListening = feed.listen(() => this.give());
    this.beat = setInterval(() => this.onBeat(beatMs), beatMs);
    this.beat.unref();
  }

  override _read(): void {
    this.wants = true;
    this.unreadBeats = 0;
    this.give();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.stopListening();
    clearInterval(this.beat);
    callback(error);
  }

  private give(): void {
    if (!this.wants || this.destroyed) return;
    const text = `${this.greeted ? '' : hello}${this.feed.take(this.cursor)}`;
    this.greeted = true;
    if (text !== '') {
      this.wants = false;
      this.push(text);
    } else if (this.feed.ended) {
      this.wants = false;
      this.push(null);
    }
  }

  private onBeat(beatMs: number): void {
    if (this.wants) {
      this.wants = false;
      this.push(': still here\n\n');
      return;
    }
    this.unreadBeats += 1;
    if (this.unreadBeats * beatMs >= stuckAfterMs) this.destroy();
  }
}
