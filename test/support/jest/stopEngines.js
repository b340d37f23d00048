// Loaded by who loaded startEngines.js, and with it TypeScript.
const { stopTestEngines } = await import('../testEngines.ts');

export default stopTestEngines;
