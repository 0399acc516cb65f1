import { messageOf } from '../../foundation/errors.js';
import type { PlannedStep } from '../../model/plan.js';
import type { CleanupCommand, ResidueItem } from '../../model/residue.js';
import type { Probe } from '../../model/state.js';
import { catalogCommand } from './catalog-commands.js';
import { itemStep } from './item-step.js';
import type { CleanedItem, CleanupValues } from './item-template.js';
import { printable } from './printable.js';

export interface ItemCleanupPlan {
  command: CleanupCommand;
  /** Only of what the upgrade left: what somebody else made is not dten's to take away. */
  step?: PlannedStep;
}

/** What the item is now and was before, whole: `itemAt` finds it in a snapshot. */
export type ItemAt = (snapshot: 'S0a' | 'S2', probe: string, key: string) => unknown;

export interface CleanupSetting {
  probes: Readonly<Record<string, Probe>>;
  itemAt: ItemAt;
  values: CleanupValues;
  /** The variable that stands in a printed command for an output that ends with the run. */
  passing: (output: string) => string | undefined;
}

/** The command that cleans each item left, and the step that runs it. */
export async function itemCleanups(
  items: readonly ResidueItem[],
  { probes, itemAt, values, passing }: CleanupSetting,
): Promise<ItemCleanupPlan[]> {
  const plans = new Map<string, ItemCleanupPlan>();
  for (const item of items) {
    if (item.origin === 'pre-existing') continue;
    const { path } = item;
    const cleanup = probes[item.probe]?.cleanup;
    if (!cleanup) {
      const command = catalogCommand(item);
      if (command !== undefined) plans.set(path, { command: { type: 'command', path, command } });
      continue;
    }
    const before = itemAt('S0a', item.probe, item.key);
    const cleaned: CleanedItem = {
      key: item.nowKey ?? item.key,
      now: itemAt('S2', item.probe, item.nowKey ?? item.key) ?? before,
      before,
    };
    try {
      const command = printable(cleanup, cleaned, values, passing);
      const ours = item.origin === 'attributed' || plans.get(path)?.step !== undefined;
      plans.set(path, {
        command: { type: 'command', path, command },
        ...(ours && { step: await itemStep(path, cleanup, cleaned, values) }),
      });
    } catch (error) {
      const command = `# cannot be said: ${messageOf(error)}`;
      plans.set(path, { command: { type: 'command', path, command } });
    }
  }
  return [...plans.values()];
}
