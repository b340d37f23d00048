import type { Pages } from '../section.ts';
import { System } from './system.tsx';

export const PAGES: Pages = [['/system', () => <System />]];
