const { href: url } = new URL('globals.mjs', import.meta.url);

/** For node:module's `register`. */
export const resolve = (specifier, context, next) =>
  specifier === '@jest/globals' ? { url, shortCircuit: true } : next(specifier, context);
