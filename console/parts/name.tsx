import { Fragment } from 'preact';
import { piecesOf } from '../names.ts';

/** A name of parts that is broken between them where there is little room, and not letter by letter. */
export const Name = ({ of }: { of: string }) => (
  <>
    {piecesOf(of).map((piece, at) => (
      <Fragment key={at}>
        {at > 0 && <wbr />}
        {piece}
      </Fragment>
    ))}
  </>
);
