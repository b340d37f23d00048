"""What bench/models.ts puts beside our models. Prints seconds, peak memory and, where it learns in samples, samples a second."""
import json
import os
import resource
import sys
import time

import numpy as np
from scipy.sparse import csr_matrix

folder, task, given = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
users = np.fromfile(os.path.join(folder, "users.i32"), dtype=np.int32)
movies = np.fromfile(os.path.join(folder, "movies.i32"), dtype=np.int32)
shape = (given["users"], given["movies"])


def chosen():
    return csr_matrix((np.ones(len(users), dtype=np.float32), (users, movies)), shape=shape)


def ease():
    x = chosen()
    gram = (x.T @ x).toarray()
    gram[np.diag_indices_from(gram)] += given["l2"]
    inverse = np.linalg.inv(gram)
    between = inverse / -np.diag(inverse)
    np.fill_diagonal(between, 0)


def ials():
    model = AlternatingLeastSquares(
        factors=given["dim"], iterations=given["epochs"], use_cg=given["cg"], num_threads=1, random_state=1
    )
    model.fit(chosen(), show_progress=False)


def neural_cf():
    """
    The model of domain/recommender/models/neural_cf: sizes, dropout and four negatives a positive are the same, batches are to a multiple of five. What
    is left out favours this side: negatives may be movies that the user chose, and there is no penalty.
    """
    torch.set_num_threads(1)
    torch.manual_seed(1)
    dim, batch, sparse = given["dim"], given["batch"], given["sparse"]
    tables = [nn.Embedding(shape[0], 2 * dim, sparse=sparse), nn.Embedding(shape[1], 2 * dim, sparse=sparse), nn.Embedding(shape[1], 1, sparse=sparse)]
    layers = []
    for inputs, units in [(2 * dim, 128), (128, 64), (64, 32)]:
        layers += [nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(0.3)]
    tower, output = nn.Sequential(*layers), nn.Linear(dim + 32, 1)
    dense = [*tower.parameters(), *output.parameters()]
    embedded = [table.weight for table in tables]
    optimisers = [torch.optim.Adam(dense, lr=0.003), torch.optim.SparseAdam(embedded, lr=0.003)] if sparse else [torch.optim.Adam([*dense, *embedded], lr=0.003)]
    loss_of = nn.BCEWithLogitsLoss()
    order = np.random.default_rng(1)
    positives = batch // 5
    labels = torch.tensor(np.tile([1.0, 0, 0, 0, 0], positives), dtype=torch.float32)

    def step(at):
        rows = shuffled[at : at + positives]
        user = torch.from_numpy(np.repeat(users[rows], 5).astype(np.int64))
        wanted = order.integers(0, shape[1], size=(positives, 5))
        wanted[:, 0] = movies[rows]
        movie = torch.from_numpy(wanted.reshape(-1))
        u, m = tables[0](user), tables[1](movie)
        deep = tower(torch.cat([u[:, dim:], m[:, dim:]], 1))
        logits = output(torch.cat([u[:, :dim] * m[:, :dim], deep], 1)).squeeze(1) + tables[2](movie).squeeze(1)
        loss = loss_of(logits, labels)
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        for optimiser in optimisers:
            optimiser.step()
        loss.item()

    shuffled = order.permutation(len(users))
    starts = range(0, len(users) - positives, positives)
    for at in starts[:5]:
        step(at)
    begun, samples = time.perf_counter(), 0
    for at in starts:
        step(at)
        samples += positives * 5
        if time.perf_counter() - begun > given["seconds"]:
            break
    return samples / (time.perf_counter() - begun)


# Loading a library is no part of learning.
if task == "ials":
    from implicit.cpu.als import AlternatingLeastSquares
elif task == "neural_cf":
    import torch
    from torch import nn

begun = time.perf_counter()
speed = {"ease": ease, "ials": ials, "neural_cf": neural_cf}[task]()
seconds = time.perf_counter() - begun
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak_mb, **({"speed": speed} if speed else {})}))
