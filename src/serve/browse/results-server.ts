import type { FastifyInstance } from 'fastify';
import { ResultIndex } from '../../index.js';
import { addAssets } from '../assets.js';
import { startServer, type RunningServer, type ServerOptions } from '../server.js';
import { addBrowseRoutes } from './browse-routes.js';

export interface ResultsServerOptions extends Omit<ServerOptions, 'routes'> {
  /** The folder of results. */
  root: string;
}

/** @throws DtenError (exit 2) as startServer does. */
export function startResultsServer({ root, ...options }: ResultsServerOptions): Promise<RunningServer> {
  const { clock } = options;
  const index = new ResultIndex(root, () => (clock.zeroEpochUs + clock.now()) / 1000);
  return startServer({
    ...options,
    routes: [
      (app: FastifyInstance) => addAssets(app, ['site']),
      (app: FastifyInstance) => addBrowseRoutes(app, { root, index }),
    ],
  });
}
