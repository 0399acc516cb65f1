import type { RuleFinding } from '../finding-parts.js';
import { stepIn } from '../attribution.js';
import { phaseAt, type JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { databaseDied, plural, stepName } from '../wording.js';

/** A replica that ended without being asked to. NO-GO from the upgrade on, INVALID before it. */
export const serviceDied: Rule = {
  id: 'service-died',
  title: 'Services and database',
  doc: 'A replica of a service, or the database server, died unasked: NO-GO from the upgrade on; before it, INVALID.',
  judge(view) {
    const services = Object.keys(view.result.plan.scenario.environment.services).length;
    const deaths = deathsIn(view);
    if (services === 0 && !view.result.plan.scenario.environment.database && deaths.length === 0)
      return notAsked;
    const findings = deaths.map(({ replica, atUs, detail, logTail }): RuleFinding => {
      const before = view.upgradeFromUs === undefined || atUs < view.upgradeFromUs;
      const step = stepIn(view, { fromUs: atUs, toUs: atUs + 1 });
      const phase = phaseAt(view, atUs);
      const during = step === undefined ? (phase ?? 'outside the phases') : `step ${stepName(step)}`;
      const said = [detail, ...(logTail ?? []).slice(-3)].filter((text) => text);
      return {
        weight: before ? 'INVALID' : 'NO-GO',
        what: `${replica} died during ${during}${before ? ', before the upgrade' : ''}`,
        where: {
          ...(phase !== undefined && { phase }),
          ...(step !== undefined && { step }),
          fromUs: atUs,
          toUs: atUs,
        },
        why: said.length > 0 ? said.join('\n') : 'cause unknown: it left no log',
        remedy: `see the log of ${replica} in the result folder`,
      };
    });
    return {
      findings,
      summary:
        findings.length === 0 ? 'nothing died' : `${plural(findings.length, 'process', 'processes')} died`,
    };
  },
};

interface Death {
  replica: string;
  atUs: number;
  detail?: string | undefined;
  logTail?: string[] | undefined;
}

function deathsIn(view: JudgedView): Death[] {
  return view.result.events.flatMap((event): Death[] => {
    if (event.type === 'service' && event.state === 'died') return [event];
    if (event.type !== 'degraded' || event.source !== 'database') return [];
    return databaseDied(event.lost)
      ? [{ replica: 'the database', atUs: event.atUs, detail: event.lost }]
      : [];
  });
}
