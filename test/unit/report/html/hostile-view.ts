import type { ResultView } from '../../../../src/model/result.js';
import { sampleView } from '../sample-view.js';

/** Runs as soon as any of it becomes markup. */
export const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)"><!--"'&\u2028`;

/** The sample with markup wherever a scenario, a server or a log has a say. */
export function hostileView(): ResultView {
  const view = sampleView();
  const names = [`create ${hostile}`, `read ${hostile}`];
  const [create, read] = Object.values(view.plan.scenario.traffic.endpoints);
  view.plan.scenario.traffic.endpoints = { [names[0]!]: create!, [names[1]!]: read! };
  view.plan.scenario.name = view.plan.name;
  view.endpoints = names;
  for (const wait of view.lockWaits) wait.waiter = { ...wait.waiter, query: `select '${hostile}'` };
  for (const traced of view.trace.statements) traced.statement += hostile;
  view.events.push({
    type: 'service',
    service: 'shop',
    replica: `shop#1 ${hostile}`,
    state: 'died',
    detail: hostile,
    logTail: [hostile],
    seq: view.events.length,
    atUs: 10_000_000,
  });
  view.degraded.push({ source: hostile, lost: hostile });
  return view;
}
