import { useState } from 'preact/hooks';
import { api } from '../api/calls.ts';
import { hueOf } from '../ranks.ts';

interface Shown {
  readonly movie_id: string;
  readonly title: string;
  /** Where TMDB has one; the API gives it to the page, which asks nobody else */
  readonly poster_url?: string | null | undefined;
}

/** A movie's poster; where there is none, or it does not come, a picture that stands for it. */
export function Poster({ of: { movie_id: id, title, poster_url: url } }: { of: Shown }) {
  const [isAway, setAway] = useState(false);
  if (!url || isAway) return <Drawn title={title} />;
  return (
    <img
      class="poster"
      src={api.movies.poster.url({ params: { movie_id: id } })}
      width={40}
      height={56}
      alt=""
      loading="lazy"
      decoding="async"
      onError={() => setAway(true)}
    />
  );
}

function Drawn({ title }: { title: string }) {
  const hue = hueOf(title);
  return (
    <svg class="poster" viewBox="0 0 40 56" aria-hidden="true">
      <rect width="40" height="56" rx="5" fill={`hsl(${hue} 45% 42%)`} />
      <path d="M0 40 40 18v33a5 5 0 0 1-5 5H5a5 5 0 0 1-5-5z" fill={`hsl(${(hue + 40) % 360} 50% 32%)`} />
      <text x="20" y="26" text-anchor="middle" fill="#fff">
        {[...title][0]?.toUpperCase() ?? ''}
      </text>
    </svg>
  );
}
