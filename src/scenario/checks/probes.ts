import parseJsonPath from 'jsonpath-rfc9535/parser';
import { messageOf } from '../../foundation/errors.js';
import { builtInPrefix, probeKindOf, type Probe } from '../../model/state.js';
import { parseSql } from '../../sql/grammar.js';
import type { DocumentPath, Problem } from '../document.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';
import { isHttpUrl } from './services.js';

/** Probes that could not be read, or not be compared; an objective that nothing could meet. */
export async function checkProbes(input: CheckInput): Promise<Problem[]> {
  const { scenario } = input;
  const problems: Problem[] = [];
  for (const [id, probe] of Object.entries(scenario.probes)) {
    const path = ['probes', id];
    problems.push(
      ...checkId(path, id),
      ...jsonPathsOf(probe).flatMap(([at, text]) => checkJsonPath([...path, ...at], text)),
      ...checkKey(path, probe),
      ...checkSource(path, probe, input),
      ...('sql' in probe ? await checkSelect([...path, 'sql'], probe.sql) : []),
    );
  }
  return [...problems, ...checkCleanup(input), ...checkObjective(input)];
}

function checkId(path: DocumentPath, id: string): Problem[] {
  if (id.startsWith(builtInPrefix)) {
    return [
      {
        path,
        target: 'key',
        message: `${builtInPrefix}… are the built-in probes`,
        hint: 'call it otherwise',
      },
    ];
  }
  if (!id.includes('/')) return [];
  return [
    { path, target: 'key', message: 'a / would end its name in the path of an item', hint: 'use a dash' },
  ];
}

function jsonPathsOf(probe: Probe): [string[], string][] {
  const paths: [string[], string | undefined][] = [
    [['select'], probe.select],
    [['identity2'], probe.identity2],
    ...(probe.key ?? []).map((text, at): [string[], string] => [['key', String(at)], text]),
    ...(['project', 'ignore', 'redact'] as const).flatMap((list) =>
      (probe[list] ?? []).map((text, at): [string[], string] => [[list, String(at)], text]),
    ),
    ...Object.keys(probe.normalize).map((text): [string[], string] => [['normalize', text], text]),
  ];
  if ('http' in probe && probe.http.page) {
    const { page } = probe.http;
    if ('next' in page) paths.push([['http', 'page', 'next'], page.next]);
    paths.push([['http', 'page', 'total'], page.total]);
  }
  if ('credentials' in probe) {
    const { select, role } = probe.credentials.leases;
    paths.push([['credentials', 'leases', 'select'], select], [['credentials', 'leases', 'role'], role]);
  }
  return paths.filter((entry): entry is [string[], string] => entry[1] !== undefined);
}

function checkJsonPath(path: DocumentPath, text: string): Problem[] {
  try {
    parseJsonPath(text);
    return [];
  } catch (error) {
    return [
      {
        path,
        message: `${JSON.stringify(text)} is no JSONPath (RFC 9535): ${messageOf(error)}`,
        hint: 'for example $.items[*] or $.id',
      },
    ];
  }
}

/** Items without an identity cannot be said to have stayed. */
function checkKey(path: DocumentPath, probe: Probe): Problem[] {
  const kind = probeKindOf(probe);
  const own = ['ofrep', 'unleash', 'credentials', 'env', 'exec', 'table'].includes(kind);
  const lists = kind === 'sql' || probe.select !== undefined;
  if (probe.key || own || !lists) return [];
  return [
    {
      path,
      target: 'key',
      message: 'needs key: what identifies an item, so that its place in the list does not count',
      hint: 'for example key: $.id',
    },
  ];
}

function checkSource(path: DocumentPath, probe: Probe, { scenario, names }: CheckInput): Problem[] {
  const problems: Problem[] = [];
  if (('sql' in probe || 'table' in probe || 'credentials' in probe) && !names.hasDatabase) {
    problems.push({
      path,
      target: 'key',
      message: 'needs environment.database',
      hint: 'or read it by http or exec',
    });
  }
  if ('sql' in probe && probe.role !== undefined && names.hasDatabase && !names.roles.includes(probe.role)) {
    problems.push({
      path: [...path, 'role'],
      message: `there is no database role ${JSON.stringify(probe.role)}`,
      hint: suggest(probe.role, names.roles, 'roles'),
    });
  }
  if ('env' in probe) {
    const service = scenario.environment.services[probe.env.service];
    if (!service || service.url !== undefined) {
      problems.push({
        path: [...path, 'env', 'service'],
        message: service
          ? `${probe.env.service} runs already: dten does not know its environment`
          : `there is no service ${JSON.stringify(probe.env.service)}`,
        hint: suggest(probe.env.service, names.services, 'services'),
      });
    }
  }
  for (const [at, url] of urlsOf(probe)) {
    if (isHttpUrl(url) || url.startsWith('${')) continue;
    problems.push({
      path: [...path, ...at],
      message: `${JSON.stringify(url)} is not an http:// or https:// URL`,
      hint: 'for example ${service.admin.url}/webhooks',
    });
  }
  return problems;
}

function urlsOf(probe: Probe): [string[], string][] {
  const urls: [string[], string][] = [];
  if ('http' in probe) urls.push([['http', 'url'], probe.http.url]);
  if ('ofrep' in probe) urls.push([['ofrep', 'url'], probe.ofrep.url]);
  if ('unleash' in probe) urls.push([['unleash', 'url'], probe.unleash.url]);
  if ('credentials' in probe) {
    urls.push([['credentials', 'leases', 'http', 'url'], probe.credentials.leases.http.url]);
  }
  if (probe.cleanup && 'http' in probe.cleanup)
    urls.push([['cleanup', 'http', 'url'], probe.cleanup.http.url]);
  return urls;
}

async function checkSelect(path: DocumentPath, sql: string): Promise<Problem[]> {
  const parsed = await parseSql(sql);
  if (!Array.isArray(parsed)) return [{ path, message: `SQL: ${parsed.error.message}` }];
  const [first] = parsed;
  if (parsed.length === 1 && first?.node === 'SelectStmt') return [];
  return [
    {
      path,
      message: 'expected one SELECT: a probe only reads',
      hint: 'for example select id, name from plans',
    },
  ];
}

function checkCleanup({ scenario }: CheckInput): Problem[] {
  const names = (scenario.cleanup?.steps ?? []).map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          {
            path: ['cleanup', 'steps', index, 'name'],
            message: `another step of the cleanup is called ${JSON.stringify(name)} too`,
            hint: 'rename one',
          },
        ],
  );
}

function checkObjective({ scenario }: CheckInput): Problem[] {
  const { residue } = scenario.objectives;
  if (residue === undefined) return [];
  const path = ['objectives', 'residue'];
  if (scenario.rollback.steps.length === 0) {
    return [
      { path, message: 'there is no rollback that could leave anything behind', hint: 'give rollback.steps' },
    ];
  }
  if (residue !== 'none' && residue.after === 'cleanup' && scenario.cleanup?.run !== true) {
    return [{ path, message: 'no cleanup is run', hint: 'cleanup: { run: true }, or after: rollback' }];
  }
  return [];
}
