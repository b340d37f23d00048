import { useEffect, useRef, useState } from 'preact/hooks';
import type { AnswerOf } from '../../../client/request.ts';
import type { recommendations } from '../../../contracts/endpoints/recommendations.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { isPassing } from '../../api/failures.ts';
import { usePoll } from '../../api/usePoll.ts';
import { isSameList, moveOf, type Move } from '../../ranks.ts';
import { useAction } from '../../parts/action.tsx';
import { Card, Empty, Link } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { now } from '../../parts/now.ts';
import { Fault, Show } from '../../parts/polled.tsx';
import { Poster } from '../../parts/poster.tsx';
import { readModels, Untrained } from './untrained.tsx';
import { t } from './words/index.ts';

type Answer = AnswerOf<(typeof recommendations)['get']>;
type Movie = Answer['recommendations'][number];

/** What somebody thinks of a movie. */
export interface Opinion {
  readonly movie_id: string;
  readonly title: string;
  readonly likes: boolean;
}

interface Props {
  readonly user: string;
  readonly route: string;
  /** Until when an opinion may still come to change the list, in milliseconds since 1970 */
  readonly watchedUntil: number;
  readonly opinions: readonly Opinion[];
  readonly onOpinion: (opinion: Opinion) => void;
}

const SHOWN = 10;
const WATCH_EVERY_MS = 1_500;
const TRAINING_EVERY_MS = 4_000;

/** What a route recommends to a user, with how the list has changed since they said something. */
export function Ranking(props: Props) {
  const { route } = props;
  const [isTrained, setTrained] = useState(false);
  const models = usePoll((signal) => readModels(route, signal), route, isTrained ? 0 : TRAINING_EVERY_MS);
  useEffect(() => setTrained(typeof models.data?.changedAt === 'number'), [models.data]);
  if (models.data && models.data.changedAt !== null) return <Answered {...props} modelsSince={models.data.changedAt} />;
  return (
    <Card title={route} class="ranking">
      <Show of={models}>{() => <Untrained />}</Show>
    </Card>
  );
}

/** The model server takes a new model up some seconds after the registry has it. */
const TAKEN_UP_MS = 60_000;

function Answered({ user, route, watchedUntil, opinions, onOpinion, modelsSince }: Props & { readonly modelsSince: number }) {
  const isWatched = now.value < watchedUntil;
  const query = { k: SHOWN, route, ...(user !== '' && { user_id: user }) };
  const polled = usePoll((signal) => api.recommendations.get({ query, signal }), JSON.stringify(query), isWatched ? WATCH_EVERY_MS : 0);
  const isTakenUp = isPassing(polled.error) && Date.now() - modelsSince < TAKEN_UP_MS;
  const { moves, hasFollowed } = useMoves(polled.data, opinions.length);
  return (
    <Card title={route} aside={polled.data && <AnsweredBy of={polled.data} />} class="ranking">
      {isWatched && !hasFollowed && <p class="watching">{t('try.watching')}</p>}
      {polled.data && user !== '' && isOfNobody(polled.data) && <p class="hint pad break">{t('try.unknown', { user })}</p>}
      <Show of={isTakenUp ? { ...polled, error: undefined } : polled}>
        {(answer) =>
          answer.recommendations.length === 0 ? (
            <Empty title={t('try.none')} />
          ) : (
            <ol class="movies">
              {answer.recommendations.map((movie, at) => (
                <MovieRow
                  key={movie.movie_id}
                  movie={movie}
                  at={at}
                  move={moves(movie.movie_id, at)}
                  answer={answer}
                  user={user}
                  opinion={opinions.find(({ movie_id }) => movie_id === movie.movie_id)}
                  onOpinion={onOpinion}
                />
              ))}
            </ol>
          )
        }
      </Show>
      {polled.data?.attribution && <p class="hint pad">{polled.data.attribution}</p>}
      {user !== '' && (
        <footer class="card-foot">
          <Command of={['recommend', user, ...(route === 'default' ? [] : ['--route', route])]} />
        </footer>
      )}
    </Card>
  );
}

const AnsweredBy = ({ of: { model, variant } }: { of: Answer }) => (
  <span class="muted">
    <Link to={`/models/${encodeURIComponent(model.name)}`}>{`${model.name} ${model.version}`}</Link> · {variant}
  </span>
);

/** What is popular alone is recommended to whom no model knows. */
const isOfNobody = ({ recommendations: all }: Answer) => all.length > 0 && all.every(({ reason }) => reason?.kind === 'popular');

/** Compares the list with the one before it, until the next one comes. @param opinions how many have been told: the list has yet to follow another one */
function useMoves(answer: Answer | undefined, opinions: number) {
  const ids = answer?.recommendations.map(({ movie_id }) => movie_id);
  const latest = useRef<readonly string[] | undefined>(undefined);
  const [before, setBefore] = useState<readonly string[]>();
  const [hasFollowed, setFollowed] = useState(false);
  useEffect(() => setFollowed(false), [opinions]);
  useEffect(() => {
    if (!ids) return;
    if (latest.current && !isSameList(latest.current, ids)) {
      setBefore(latest.current);
      setFollowed(true);
    }
    latest.current = ids;
  }, [ids?.join()]);
  return { moves: (id: string, at: number): Move => moveOf(id, at, before), hasFollowed };
}

interface RowProps {
  readonly movie: Movie;
  readonly at: number;
  readonly move: Move;
  readonly answer: Answer;
  readonly user: string;
  readonly opinion: Opinion | undefined;
  readonly onOpinion: (opinion: Opinion) => void;
}

const MARKS: Readonly<Record<Move, string>> = { new: '●', up: '▲', down: '▼', same: '' };

function MovieRow({ movie, at, move, answer, user, opinion, onOpinion }: RowProps) {
  const tell = useAction(async (likes: boolean) => {
    await api.events.interaction({
      body: {
        user_id: user,
        movie_id: movie.movie_id,
        interaction_type: likes ? 'like' : 'dislike',
        recommendation_id: answer.recommendation_id,
      },
    });
    onOpinion({ movie_id: movie.movie_id, title: movie.title, likes });
    return undefined;
  });
  return (
    <li class={`movie ${move}`}>
      <span class="rank">
        {at + 1}
        <span class={`move ${move}`} title={t(`move.${move}`)}>
          {MARKS[move]}
        </span>
      </span>
      <Poster of={movie} />
      <span class="movie-text">
        <Link to={`/data/movies/${encodeURIComponent(movie.movie_id)}`} class="movie-title">
          {movie.title}
        </Link>
        <span class="muted cut">{[movie.release_year, movie.genres.slice(0, 3).join(', ')].filter(Boolean).join(' · ')}</span>
        <span class="reason">{reasonOf(movie)}</span>
        {tell.error !== undefined && <Fault of={tell.error} />}
      </span>
      {may('user') && user !== '' && (
        <span class="opinion">
          {[true, false].map((likes) => (
            <button
              type="button"
              key={String(likes)}
              class="quiet"
              aria-pressed={opinion?.likes === likes}
              disabled={tell.isBusy}
              aria-label={t(likes ? 'try.like' : 'try.dislike', { title: movie.title })}
              onClick={() => {
                if (opinion?.likes !== likes) void tell.run(likes);
              }}
            >
              <Thumb isUp={likes} />
            </button>
          ))}
        </span>
      )}
    </li>
  );
}

function reasonOf({ reason }: Movie): string {
  if (!reason) return '';
  if (reason.kind === 'chosen') return reason.title ? t('reason.chosen', { title: reason.title }) : t('reason.model');
  return t(`reason.${reason.kind}`);
}

/** A thumb, drawn: not every machine has a font of such pictures. */
export const Thumb = ({ isUp }: { isUp: boolean }) => (
  <svg class={isUp ? 'thumb' : 'thumb down'} viewBox="0 0 24 24" aria-hidden="true">
    <path d="M7 10.5v9H4v-9zM7 10.5l4-7c1.7 0 2.7 1.2 2.4 2.8L12.8 9.5h5.7c1.2 0 2.1 1.1 1.9 2.3l-1.1 6c-.2 1-1 1.7-2 1.7H7" />
  </svg>
);
