import type { Entity } from './view.ts';

export const MOVIE: Entity = { name: 'movie', joinKey: 'movie_id', description: "A movie, by the catalogue's id" };
export const USER: Entity = { name: 'user', joinKey: 'user_id', description: 'A user, by an opaque id' };
export const ENTITIES: readonly Entity[] = [MOVIE, USER];
