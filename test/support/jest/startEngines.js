import { register } from 'tsx/esm/api';

register();
const { startTestEngines } = await import('../testEngines.ts');

export default startTestEngines;
