const { href: url } = new URL('globals.mjs', import.meta.url);

/** For node:module's `register` and `registerHooks`. */
export const resolve = (specifier, context, next) =>
  specifier === '@jest/globals' ? { url, shortCircuit: true } : next(specifier, context);
