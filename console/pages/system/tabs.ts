export const SYSTEM_TABS = [
  ['/system', 'system.overview'],
  ['/system/check', 'system.check'],
  ['/system/backups', 'system.backups'],
  ['/system/settings', 'system.settings', 'admin'],
  ['/system/keys', 'system.keys', 'admin'],
  ['/system/audit', 'system.audit', 'admin'],
] as const;
