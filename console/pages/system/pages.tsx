import type { Pages } from '../section.ts';
import { Audit } from './audit.tsx';
import { Backups } from './backups.tsx';
import { Check } from './check.tsx';
import { Keys } from './keys.tsx';
import { Settings } from './settings.tsx';
import { System } from './system.tsx';

export const PAGES: Pages = [
  ['/system', () => <System />],
  ['/system/check', () => <Check />],
  ['/system/backups', () => <Backups />],
  ['/system/settings', () => <Settings />],
  ['/system/keys', () => <Keys />],
  ['/system/audit', () => <Audit />],
];
