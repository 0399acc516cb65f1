import type { ServiceSpec } from '../../model/scenario.js';
import type { DocumentPath, Problem } from '../document.js';
import type { CheckInput } from './check.js';

/** A service is a command, an image or a url, and says what dten can follow. */
export function checkServices({ scenario }: CheckInput): Problem[] {
  return Object.entries(scenario.environment.services).flatMap(([name, service]) =>
    checkService(['environment', 'services', name], service),
  );
}

function checkService(path: DocumentPath, service: ServiceSpec): Problem[] {
  const problems: Problem[] = [];
  const present = (['command', 'image', 'url'] as const).filter((key) => service[key] !== undefined);
  if (present.length !== 1) {
    problems.push({
      path,
      target: 'key',
      message: `a service needs exactly one of command, image, url; this one has ${present.length === 0 ? 'none' : present.join(' and ')}`,
      hint: 'command: [node, app/server.mjs] starts a process, image: a container, url: names a system that already runs',
    });
  }
  if (service.url !== undefined && !isHttpUrl(service.url)) {
    problems.push({
      path: [...path, 'url'],
      message: `${JSON.stringify(service.url)} is not an http:// or https:// URL`,
      hint: 'for example http://127.0.0.1:8080',
    });
  }
  if (service.ready.log !== undefined) {
    try {
      new RegExp(service.ready.log);
    } catch (error) {
      problems.push({
        path: [...path, 'ready', 'log'],
        message: error instanceof Error ? error.message : String(error),
        hint: 'a JavaScript regular expression; \\ escapes ( ) [ ] { } . * + ? | ^ $',
      });
    }
  }
  if (service.ready.http !== undefined && !service.ready.http.startsWith('/')) {
    problems.push({
      path: [...path, 'ready', 'http'],
      message: `${JSON.stringify(service.ready.http)} is not a path`,
      hint: 'a path on the service, for example /healthz',
    });
  }
  return problems;
}

export function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text)) return false;
  return URL.canParse(text);
}
