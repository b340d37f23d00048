// AssemblyScript: compiled to WebAssembly by `npm run simd-module`. A pointer is an offset in bytes into the memory that the caller lays out, where
// numbers are float32, and whole ones int32.
export { adamRows, adamStep } from './adam';
export { moveAverage } from './average';
export { stepTowardsSolutions } from './conjugateGradient';
export { drawMask } from './mask';
export { rankRows } from './ranks';
export { addRows } from './rows';
export { gatherPairs, sumPairGradients } from './pairs';
