import type { Express } from 'express';
import { createHttpApp } from '../../../platform/http/app.ts';
import type { ApiDeps } from '../../app.ts';

/** The HTTP feature server of Feast, for its own clients. */
export const createFeastApi = (deps: ApiDeps): Express => createHttpApp(deps);
