import { createHttpApp, type HttpApp } from '../../platform/http/app.ts';
import type { ApiDeps } from '../deps.ts';
import { sendBrowsersTo } from './sendBrowsers.ts';

/** A port that does nothing but lead browsers to the console. */
export const createLeadingApp = (deps: ApiDeps, page: string): HttpApp =>
  createHttpApp({ ...deps, pages: sendBrowsersTo(deps.consolePlace, page) });
