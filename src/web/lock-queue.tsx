import { formatMs } from '../foundation/units.js';
import type { LockQueue, QueuedSession } from '../model/lock-queue.js';
import type { LockParty } from '../model/observation-locks.js';
import { formatRunTime } from '../report/run-time.js';

interface Node {
  pid: number;
  party: LockParty;
  /** Undefined: it waits for nobody. */
  wait: QueuedSession | undefined;
  behind: Node[];
}

/** Who waits behind whom, now: holders at the top, and below each what waits for it. */
export function LockQueueView({ queue, atUs }: { queue: LockQueue | undefined; atUs: number }) {
  if (!queue) return <p class="line unknown">Nothing watches for lock waits yet.</p>;
  if (queue.waiting.length === 0) {
    return <p class="line">Nobody waits for a lock (as of {formatRunTime(queue.atUs)}).</p>;
  }
  const nowUs = Math.max(atUs, queue.atUs);
  const waiting = queue.waiting.length + queue.leftOut;
  return (
    <>
      <p class="line">
        {waiting} {waiting === 1 ? 'session waits' : 'sessions wait'} for locks,{' '}
        {queue.waiting.filter(({ behindStep }) => behindStep).length} of them behind a step (as of{' '}
        {formatRunTime(queue.atUs)}).
        {queue.leftOut > 0 ? ` ${queue.leftOut} of them are not shown.` : ''}
      </p>
      <ul class="lock-queue">
        {rootsOf(queue).map((node) => (
          <QueueNode key={node.pid} node={node} nowUs={nowUs} />
        ))}
      </ul>
    </>
  );
}

function QueueNode({ node: { pid, party, wait, behind }, nowUs }: { node: Node; nowUs: number }) {
  return (
    <li class={wait ? (wait.behindStep ? 'queued behind' : 'queued') : 'in-front'}>
      <b>
        {party.actor.kind} {party.actor.name}
      </b>{' '}
      <span class="about">
        pid {pid}
        {wait
          ? `: waits ${formatMs(Math.max(0, nowUs - wait.fromUs) / 1000)} for ${wait.mode} on ${wait.target}`
          : `: waits for nobody${party.state === undefined ? '' : `, ${party.state}`}`}
      </span>
      {party.query === undefined ? null : <code class="query">{party.query}</code>}
      {behind.length > 0 ? (
        <ul>
          {behind.map((node) => (
            <QueueNode key={node.pid} node={node} nowUs={nowUs} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

/** A session stands below the first that it waits for; of a deadlock, its longest waiter stands at the top. */
function rootsOf({ waiting, holders }: LockQueue): Node[] {
  const nodes = new Map<number, Node>();
  for (const party of holders) nodes.set(party.pid, { pid: party.pid, party, wait: undefined, behind: [] });
  for (const wait of waiting) {
    nodes.set(wait.waiter.pid, { pid: wait.waiter.pid, party: wait.waiter, wait, behind: [] });
  }
  const placed = new Set<Node>();
  const roots: Node[] = [];
  const place = (node: Node, path: ReadonlySet<Node>) => {
    if (placed.has(node)) return;
    placed.add(node);
    const ahead = node.wait?.blockedBy.map((pid) => nodes.get(pid)).find((one) => one && !path.has(one));
    if (!ahead) {
      roots.push(node);
      return;
    }
    ahead.behind.push(node);
    place(ahead, new Set([...path, node]));
  };
  for (const node of nodes.values()) place(node, new Set([node]));
  return roots;
}
