import { useRef, useState } from 'preact/hooks';
import { signal } from '@preact/signals';

/** What was done last, said to eyes and ears; null where nothing is to be said. */
export const notice = signal<string | null>(null);
const SHOWN_MS = 6_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  notice.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => (notice.value = null), SHOWN_MS);
}

/**
 * Something that a click does, and a second click before it is done does not do again.
 * @param act resolves with what to say of it, or with nothing
 */
export function useAction<Args extends readonly unknown[]>(act: (...args: Args) => Promise<string | undefined>) {
  const [state, setState] = useState<{ isBusy: boolean; error?: unknown }>({ isBusy: false });
  const isUnderWay = useRef(false);
  const run = async (...args: Args): Promise<boolean> => {
    if (isUnderWay.current) return false;
    isUnderWay.current = true;
    setState({ isBusy: true });
    try {
      const said = await act(...args);
      setState({ isBusy: false });
      if (said !== undefined) say(said);
      return true;
    } catch (error) {
      setState({ isBusy: false, error });
      return false;
    } finally {
      isUnderWay.current = false;
    }
  };
  return { ...state, run };
}
