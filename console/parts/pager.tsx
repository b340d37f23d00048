import { setQuery } from '../router.ts';

/** From page to page of a list whose place stands in the address. */
export const Pager = ({
  cursor,
  next,
  newest,
  older,
}: {
  /** Of the page that is shown; none on the first */
  cursor: string | undefined;
  next: string | null;
  newest: string;
  older: string;
}) => (
  <span class="actions">
    {cursor && (
      <button type="button" onClick={() => setQuery({ cursor: undefined })}>
        {newest}
      </button>
    )}
    {next && (
      <button type="button" onClick={() => setQuery({ cursor: next })}>
        {older}
      </button>
    )}
  </span>
);
