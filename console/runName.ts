/**
 * A run's name in the part that tells it from others that one training made, and what stands before it: `neural_cf` of
 * `training/2026-11-23-a1`. A name without such parts is whole.
 */
export function runNameParts(name: string): { readonly own: string; readonly of: string } {
  const cut = name.lastIndexOf('/');
  const isOfRun = cut > name.indexOf('/') && cut < name.length - 1;
  return isOfRun ? { own: name.slice(cut + 1), of: name.slice(0, cut) } : { own: name, of: '' };
}
