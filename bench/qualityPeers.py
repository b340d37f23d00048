"""
Known implementations on the split that bench/qualityPeers.ts writes. `qualityPeers.py FOLDER PEER` reads FOLDER/rows.tsv (user, movie, rating, seconds,
part: 0 train, 1 validation, 2 test; positions, in the order of each user's time) and writes FOLDER/PEER.f32: users x movies, float32, row by row.
Settings are chosen on validation, never on test. As ours, a model that scores by what somebody chose is given the validation movies when it is asked.
"""
import copy
import json
import os
import sys

import numpy as np
from scipy import sparse

PATIENCE = 10
SEED = 42


class Split:
    def __init__(self, folder):
        table = np.loadtxt(os.path.join(folder, "rows.tsv"))
        sizes = json.load(open(os.path.join(folder, "sizes.json")))
        self.shape = sizes["users"], sizes["movies"]
        self.user, self.movie, self.part = (table[:, column].astype(int) for column in (0, 1, 4))
        self.rating = table[:, 2]
        self.train, self.before = self.matrix(self.part == 0), self.matrix(self.part < 2)

    def matrix(self, rows):
        ones = np.ones(rows.sum(), dtype=np.float32)
        return sparse.csr_matrix((ones, (self.user[rows], self.movie[rows])), shape=self.shape)

    def histories(self, last_part):
        kept = self.part <= last_part
        of = [[] for _ in range(self.shape[0])]
        for user, movie in zip(self.user[kept], self.movie[kept]):
            of[user].append(movie)
        return of

    def judge(self, scores):
        """NDCG@10 of the validation rows among all movies that were not learnt, the mean over rows."""
        scores = np.where(self.train.toarray() > 0, -np.inf, scores)
        user, movie = self.user[self.part == 1], self.movie[self.part == 1]
        ranks = (scores[user] >= scores[user, movie][:, None]).sum(axis=1) - 1
        return np.where(ranks < 10, 1 / np.log2(ranks + 2), 0).mean()


def best_of(split, candidates):
    """candidates: (settings, function of what was chosen giving scores)"""
    judged = [(split.judge(score(split.train)), settings, score) for settings, score in candidates]
    _, settings, score = max(judged, key=lambda one: one[0])
    return score(split.before), settings


def implicit_als(split):
    from implicit.als import AlternatingLeastSquares

    def candidates():
        for factors in (32, 64, 128):
            for regularization in (0.01, 1, 10):
                for alpha in (1, 5):
                    model = AlternatingLeastSquares(factors, regularization, alpha, iterations=15, random_state=SEED, num_threads=1)
                    model.fit(split.train, show_progress=False)
                    yield (factors, regularization, alpha), lambda chosen, model=model: fold_in(model, chosen)

    def fold_in(model, chosen):
        return model.recalculate_user(np.arange(split.shape[0]), chosen) @ model.item_factors.T

    return best_of(split, candidates())


def implicit_item_item(split):
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

    def candidates():
        for kind in (CosineRecommender, TFIDFRecommender, BM25Recommender):
            for neighbours in (20, 50, 100, 200):
                model = kind(K=neighbours, num_threads=1)
                model.fit(split.train, show_progress=False)
                yield (kind.__name__, neighbours), lambda chosen, model=model: (chosen @ model.similarity.T.tocsr()).toarray()

    return best_of(split, candidates())


class Config(dict):
    device = "cpu"


def recbole_config(**settings):
    fields = dict(USER_ID_FIELD="user", ITEM_ID_FIELD="item", NEG_PREFIX="neg_", LABEL_FIELD="label", LIST_SUFFIX="_list")
    return Config(fields, ITEM_LIST_LENGTH_FIELD="length", MAX_ITEM_LIST_LENGTH=50, device="cpu", **settings)


class RecboleData:
    """What RecBole's models ask of its dataset. @param first position of the first movie: sequence models keep 0 for padding"""

    def __init__(self, split, first=0):
        self.sizes = {"user": split.shape[0], "item": split.shape[1] + first}
        self.train = split.train

    def num(self, field):
        return self.sizes[field]

    def inter_matrix(self, form):
        return self.train.asformat(form)


def recbole_ease(split):
    from recbole.model.general_recommender import EASE

    def candidates():
        for l2 in (100, 250, 500, 1000):
            model = EASE(recbole_config(reg_weight=l2), RecboleData(split))
            yield l2, lambda chosen, model=model: np.asarray(chosen @ model.item_similarity)

    return best_of(split, candidates())


def recbole_item_knn(split):
    from recbole.model.general_recommender import ItemKNN

    def candidates():
        for neighbours in (50, 100, 200):
            for shrink in (0.0, 10.0, 50.0):
                model = ItemKNN(recbole_config(k=neighbours, shrink=shrink, knn_method="item"), RecboleData(split))
                yield (neighbours, shrink), lambda chosen, model=model: chosen.dot(model.w).toarray()

    return best_of(split, candidates())


def train_early_stopped(split, model, batches, score, most_epochs):
    """
    With RecBole's optimiser and learning rate; the epoch that is best on validation stays.
    score: function of the last part that is known (0 train, 1 validation too), for models that score by what was chosen. @returns the epoch
    """
    import torch

    optimiser = torch.optim.Adam(model.parameters(), lr=0.001)
    best, best_epoch, state = -1.0, 0, None
    for epoch in range(1, most_epochs + 1):
        model.train()
        for batch in batches():
            optimiser.zero_grad()
            model.calculate_loss(batch).backward()
            optimiser.step()
        model.eval()
        figure = split.judge(score(0))
        print(f"epoch {epoch}: validation {figure:.4f}", file=sys.stderr)
        if figure > best:
            best, best_epoch, state = figure, epoch, copy.deepcopy(model.state_dict())
        if epoch - best_epoch >= PATIENCE:
            break
    model.load_state_dict(state)
    model.eval()
    return best_epoch


def recbole_neumf(split):
    import torch
    from recbole.model.general_recommender import NeuMF

    sizes = dict(mf_embedding_size=64, mlp_embedding_size=64, mlp_hidden_size=[128, 64], dropout_prob=0.1)
    model = NeuMF(recbole_config(**sizes, mf_train=True, mlp_train=True, use_pretrain=False, mf_pretrain_path=None, mlp_pretrain_path=None), RecboleData(split))
    random = np.random.default_rng(SEED)
    users, movies = split.train.nonzero()
    chosen = split.train.toarray() > 0

    def batches():
        wrong = random.integers(0, split.shape[1], len(users))
        while (taken := chosen[users, wrong]).any():
            wrong[taken] = random.integers(0, split.shape[1], taken.sum())
        user, item = np.concatenate([users, users]), np.concatenate([movies, wrong])
        label = np.concatenate([np.ones(len(users)), np.zeros(len(users))])
        for rows in np.array_split(random.permutation(len(user)), len(user) // 2048):
            yield {"user": torch.from_numpy(user[rows]), "item": torch.from_numpy(item[rows]), "label": torch.from_numpy(label[rows]).float()}

    def score(_last_part):
        every = torch.arange(split.shape[1])
        with torch.no_grad():
            return np.stack([model(torch.full_like(every, user), every).numpy() for user in range(split.shape[0])])

    epoch = train_early_stopped(split, model, batches, score, 60)
    return score(1), f"epoch {epoch}"


def recbole_sasrec(split):
    import torch
    from recbole.model.sequential_recommender import SASRec

    config = recbole_config(n_layers=2, n_heads=2, hidden_size=64, inner_size=256, hidden_dropout_prob=0.5, attn_dropout_prob=0.5, hidden_act="gelu", layer_norm_eps=1e-12, initializer_range=0.02, loss_type="CE")
    model = SASRec(config, RecboleData(split, first=1))
    random = np.random.default_rng(SEED)
    windows = [(movies[max(0, at - 50) : at], movies[at]) for movies in split.histories(0) for at in range(1, len(movies))]

    def sequences(histories):
        padded = torch.zeros(len(histories), 50, dtype=torch.long)
        for row, movies in enumerate(histories):
            padded[row, : len(movies)] = torch.tensor(movies) + 1
        return {"item_list": padded, "length": torch.tensor([len(movies) for movies in histories])}

    def batches():
        for rows in np.array_split(random.permutation(len(windows)), len(windows) // 512):
            yield {**sequences([windows[row][0] for row in rows]), "item": torch.tensor([windows[row][1] + 1 for row in rows])}

    def score(last_part):
        histories = [movies[-50:] for movies in split.histories(last_part)]
        with torch.no_grad():
            return model.full_sort_predict(sequences(histories)).numpy()[:, 1:]

    epoch = train_early_stopped(split, model, batches, score, 20)
    return score(1), f"epoch {epoch}"


def surprise(split, algorithm):
    from surprise import Dataset, Reader
    import pandas

    rows = split.part == 0
    table = pandas.DataFrame({"user": split.user[rows], "movie": split.movie[rows], "rating": split.rating[rows]})
    scale = (split.rating.min(), split.rating.max())
    algorithm.fit(Dataset.load_from_df(table, Reader(rating_scale=scale)).build_full_trainset())
    scores = np.full(split.shape, np.nan, dtype=np.float32)
    for user, movie in zip(split.user[split.part == 2], split.movie[split.part == 2]):
        scores[user, movie] = algorithm.predict(user, movie).est
    return scores, "defaults"


def surprise_svd(split):
    from surprise import SVD

    return surprise(split, SVD(random_state=SEED))


def surprise_svdpp(split):
    from surprise import SVDpp

    return surprise(split, SVDpp(random_state=SEED))


def surprise_baseline(split):
    from surprise import BaselineOnly

    return surprise(split, BaselineOnly())


folder, peer = sys.argv[1:]
scores, settings = globals()[peer](Split(folder))
np.ascontiguousarray(scores, dtype=np.float32).tofile(os.path.join(folder, f"{peer}.f32"))
json.dump(settings, open(os.path.join(folder, f"{peer}.json"), "w"))
