import type { Pages } from '../index.tsx';
import { System } from './system.tsx';

export const PAGES: Pages = [['/system', () => <System />]];
