import type { ResidueChange, ResidueItem } from '../model/residue.js';
import { cutApart } from '../foundation/cut-apart.js';
import type { RuleFinding } from './finding-parts.js';

const longestValue = 160;
const mostChanges = 5;

/** One thing left behind, in words, with what cleans it. */
export function residueFinding(item: ResidueItem): RuleFinding {
  return {
    weight: weightOf(item),
    what: `${whatHappened(item)}${whose(item)}`,
    where: { phase: 'rollback', path: item.path },
    ...whyOf(item),
    remedy: remedyFor(item),
  };
}

/**
 * What the upgrade left is the upgrade's. What came after S1 is the rollback's where nobody else could have done it;
 * in a system that others use too it cannot be told whose it is.
 */
function weightOf({ origin, owned }: ResidueItem): RuleFinding['weight'] {
  if (origin === 'pre-existing') return 'note';
  return origin === 'attributed' || owned ? 'NO-GO' : 'INVALID';
}

function whatHappened({ path, change, changes, nowKey, odd, note, origin }: ResidueItem): string {
  switch (change) {
    case 'added':
      return `${path} was left behind`;
    case 'removed':
      return note === undefined ? `${path} is gone` : `${path}: ${note}`;
    case 'changed':
      return note !== undefined && changes.length === 0
        ? `${path}: ${note}`
        : `${path} was not restored: ${changes.slice(0, mostChanges).map(changeText).join(', ')}${changes.length > mostChanges ? ', …' : ''}`;
    case 'replaced':
      return `${path} was replaced by ${nowKey ?? 'another'}: what was given out with the old one is void`;
    case 'present':
      return origin === 'pre-existing'
        ? `${path}: ${odd ?? 'there'} already before the upgrade`
        : `${path} must not be there, and is`;
    case 'behind':
      return `sequence ${path} was set back: ${note ?? ''}`;
  }
}

function whose({ origin, owned }: ResidueItem): string {
  switch (origin) {
    case 'attributed':
      return ', by the upgrade';
    case 'unattributed':
      return owned
        ? ', after the upgrade: by the rollback, a service or the traffic'
        : ', after the upgrade: by the rollback or by somebody else';
    case 'unknown':
      return ', by whom is not known: S1 could not be read';
    case 'pre-existing':
      return '';
  }
}

/** `enabled: false → true`. */
function changeText({ path, before, after }: ResidueChange): string {
  const name = path === '$' ? '' : `${path.replace(/^\$\.?/, '')}: `;
  return `${name}${cutApart(valueText(before), valueText(after), longestValue).join(' → ')}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  return JSON.stringify(value);
}

function whyOf({ odd, note, change, changes }: ResidueItem): { why?: string } {
  const added = change === 'added' ? changes[0]?.after : undefined;
  const parts = [
    ...(odd === undefined ? [] : [odd]),
    ...(note === undefined || change !== 'added' ? [] : [note]),
    ...(added === undefined ? [] : [`it is ${cutApart(valueText(added), '', longestValue)[0]}`]),
  ];
  return parts.length === 0 ? {} : { why: parts.join('; ') };
}

function remedyFor({ command, change, origin }: ResidueItem): string {
  if (origin === 'pre-existing') return 'not of this upgrade: mend it apart, so that it hides nothing';
  if (command !== undefined) return command;
  if (change === 'added') return 'take it away in a step of the rollback, or give its probe a cleanup';
  return 'restore it in a step of the rollback, or give its probe a cleanup; or waive its path with a reason';
}
