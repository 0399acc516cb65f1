import { checkData } from '../sql-sources.js';
import { checkBackground } from './background.js';
import type { Check } from './check.js';
import { checkDatabase } from './database.js';
import { checkEndpoints } from './endpoints.js';
import { checkJsonValues } from './json-values.js';
import { checkLedger } from './ledger.js';
import { checkObjectives } from './objectives.js';
import { checkPools } from './pools.js';
import { checkProbes } from './probes.js';
import { checkQueries } from './queries.js';
import { checkReferences } from './references.js';
import { checkRollback } from './rollback.js';
import { checkServices } from './services.js';
import { checkSteps } from './steps.js';
import { checkTemplates } from './templates.js';

/** What the schema cannot say. */
export const allChecks: readonly Check[] = [
  checkServices,
  checkEndpoints,
  checkSteps,
  checkReferences,
  checkBackground,
  checkRollback,
  checkDatabase,
  checkTemplates,
  checkPools,
  checkQueries,
  checkData,
  checkObjectives,
  checkLedger,
  checkJsonValues,
  checkProbes,
];
