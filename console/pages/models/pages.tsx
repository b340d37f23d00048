import type { Pages } from '../section.ts';
import { ModelPage } from './model.tsx';
import { Models } from './models.tsx';
import { VersionPage } from './version.tsx';

export const PAGES: Pages = [
  ['/models', () => <Models />],
  ['/models/:name', ({ name = '' }) => <ModelPage name={name} />],
  ['/models/:name/versions/:version', ({ name = '', version = '' }) => <VersionPage name={name} version={version} />],
];
