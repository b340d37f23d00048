import { nameUuid } from '../events/nameUuid.ts';

/** The id of the alert that a report tells. */
export const alertOfReport = (reportId: string): string => nameUuid(`drift alert ${reportId}`);
