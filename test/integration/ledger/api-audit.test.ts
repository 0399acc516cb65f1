import { expect, it } from 'vitest';
import { TestServer, answerJson } from '../traffic/test-server.js';
import { startLedgerRig } from './ledger-rig.js';

const endpoints = {
  make: {
    request: { path: '/' },
    ledger: {
      entity: 'item',
      op: 'create' as const,
      key: '$.id',
      values: { note: '$.note', n: '$.n' },
      find: { http: '/items/${key}?full=1', json: '$.item' },
    },
  },
};

it('audits over the API: what is gone, changed and twice there; 5xx is no answer', async () => {
  const items = new Map<string, unknown>();
  const broken = new Set<string>();
  const server = await TestServer.start((asked) => {
    const key = decodeURIComponent(/^\/items\/([^?]*)\?full=1$/.exec(asked.path)?.[1] ?? '');
    if (broken.has(key)) answerJson(asked, {}, 503);
    else if (items.has(key)) answerJson(asked, { item: items.get(key) });
    else answerJson(asked, {}, 404);
  });
  try {
    const services = new Map([['shop', { targets: () => [server.target] }]]);
    await using rig = await startLedgerRig({ endpoints }, { services });
    for (let i = 0; i < 300; i++) {
      const key = `schlüssel/${i} ?`;
      rig.write('create', key, { values: { note: 'ß', n: i } });
      items.set(key, { note: 'ß', n: i });
    }
    expect(await rig.lossesAfter(['soak'])).toEqual({});
    for (let i = 0; i < 4; i++) items.delete(`schlüssel/${i} ?`);
    for (let i = 4; i < 7; i++) items.set(`schlüssel/${i} ?`, { note: null, n: i });
    for (let i = 7; i < 9; i++)
      items.set(`schlüssel/${i} ?`, [
        { note: 'ß', n: i },
        { note: 'ß', n: i },
      ]);
    items.set('schlüssel/9 ?', { note: 'ß', n: -9 });
    const losses = await rig.lossesAfter(['rollback']);
    expect(Object.fromEntries(Object.entries(losses).map(([kind, { count }]) => [kind, count]))).toEqual({
      'row lost': 4,
      'value lost note': 3,
      duplicated: 2,
      'changed n': 1,
    });
    for (let i = 20; i < 25; i++) broken.add(`schlüssel/${i} ?`);
    const { entities } = await rig.ledger.audit(['recovery'], 0);
    expect(entities[0]?.unaudited).toMatchObject({
      keys: 5,
      reason: expect.stringContaining('503') as string,
    });
  } finally {
    await server.stop();
  }
});
