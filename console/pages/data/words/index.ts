import { speak } from '../../../words/index.ts';
import { en } from './en.ts';
import { ko } from './ko.ts';

export const { t } = speak({ en, ko });
