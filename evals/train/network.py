"""The network: statements read a card's passages, layer by layer, and passages never read statements.

Passages go through the embedder's own layers, which stay as they are: what a passage gives is the same for every
statement and every epoch, and is worked out once. A statement goes through the embedder's lower layers by itself,
and through trained upper layers, in each of which it reads what the passages are at that height. So one training
step judges all statements of a card at little more than the price of the statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from torch import Tensor, nn  # type: ignore[import-not-found, unused-ignore]
from torch.nn import functional as F  # type: ignore[import-not-found, unused-ignore]

from vectorstore.embedders.e5_weights import WeightsFile, unpack_nibbles

HEADS = 12
_BUCKET = 8


@dataclass(frozen=True)
class Packed:
    """Texts of different lengths one after another.

    Args:
        states: (tokens in all, hidden), for passages (trained layers, tokens in all, hidden).
        lengths: tokens of each text.
    """

    states: Tensor
    lengths: Sequence[int]


class Layer(nn.Module):  # type: ignore[misc, unused-ignore]
    """One post-norm BERT layer with the embedder's weights.

    Args:
        weights: the opened weights file.
        number: which layer.
        dropout: share of each block's output that is dropped in training.
    """

    def __init__(self, weights: WeightsFile, number: int, dropout: float = 0.0) -> None:
        super().__init__()
        hidden, inner = weights.shape.hidden, weights.shape.inner
        name = f"l{number}"
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out, self.up, self.down = nn.Linear(hidden, hidden), nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=weights.shape.epsilon)
        self.norm = nn.LayerNorm(hidden, eps=weights.shape.epsilon)
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            self.qkv.weight.copy_(torch.cat([_matrix(weights, f"{name}.{part}", hidden) for part in "qkv"]))
            self.qkv.bias.copy_(torch.cat([_vector(weights, f"{name}.{part}.b") for part in "qkv"]))
            for linear, part, width in ((self.out, "ao", hidden), (self.up, "fi", hidden), (self.down, "fo", inner)):
                linear.weight.copy_(_matrix(weights, f"{name}.{part}", width))
                linear.bias.copy_(_vector(weights, f"{name}.{part}.b"))
            for norm, part in ((self.attention_norm, "aln"), (self.norm, "oln")):
                norm.weight.copy_(_vector(weights, f"{name}.{part}.w"))
                norm.bias.copy_(_vector(weights, f"{name}.{part}.b"))

    def after(self, states: Tensor, context: Tensor) -> Tensor:
        """What follows attention."""
        states = self.attention_norm(states + self.dropout(self.out(context)))
        return self.norm(states + self.dropout(self.down(F.gelu(self.up(states)))))


class Lower(nn.Module):  # type: ignore[misc, unused-ignore]
    """The embedder's word table and layers, never trained."""

    def __init__(self, weights: WeightsFile) -> None:
        super().__init__()
        self._words, self._hidden = weights.blocks("emb.word", weights.shape.hidden), weights.shape.hidden
        places = weights.floats("emb.pos").reshape(-1, self._hidden) + weights.floats("emb.type")[: self._hidden]
        self.places = torch.from_numpy(places.copy())
        self.norm = nn.LayerNorm(self._hidden, eps=weights.shape.epsilon)
        with torch.no_grad():
            self.norm.weight.copy_(_vector(weights, "emb.ln.w"))
            self.norm.bias.copy_(_vector(weights, "emb.ln.b"))
        self.layers = nn.ModuleList(Layer(weights, number) for number in range(weights.shape.layers - 1))
        self.requires_grad_(False)

    @torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
    def forward(self, texts: Sequence[Sequence[int]], heights: Sequence[int]) -> list[Tensor]:
        """The states of each text's tokens, each text read by itself.

        Args:
            texts: token ids.
            heights: the layers before which states are taken, rising.

        Returns:
            For each text (heights, tokens, hidden).
        """
        lengths = [len(text) for text in texts]
        ids = np.concatenate([np.asarray(text) for text in texts])
        integers, scales = unpack_nibbles(self._words[ids])
        words = np.multiply(integers, scales[..., None], dtype=np.float32).reshape(len(ids), self._hidden)
        places = torch.cat([self.places[:length] for length in lengths])
        states = self.norm(torch.from_numpy(words) + places)
        taken = []
        for number in range(heights[-1] + 1):
            if number in heights:
                taken.append(states)
            if number < heights[-1]:
                states = self.layers[number].after(states, _alone(self.layers[number].qkv(states), lengths))
        return list(torch.stack(taken).split(lengths, dim=1))


class Judge(nn.Module):  # type: ignore[misc, unused-ignore]
    """The trained upper layers and the heads.

    Args:
        weights: where the layers begin from.
        first: the first trained layer.
        dropout: see `Layer`.
    """

    def __init__(self, weights: WeightsFile, first: int, dropout: float = 0.1) -> None:
        super().__init__()
        hidden = weights.shape.hidden
        self.layers = nn.ModuleList(Layer(weights, number, dropout) for number in range(first, weights.shape.layers))
        self.found = nn.Embedding(2, hidden)
        nn.init.zeros_(self.found.weight)
        self.wrong = nn.Sequential(nn.Linear(hidden, 128), nn.GELU(), nn.Linear(128, 1))
        self.whole = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, 1))
        self.worst = nn.Parameter(torch.tensor(1.0))
        self.answers = nn.Sequential(
            nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, 1)
        )

    def forward(
        self, passages: Packed, statements: Packed, found: Tensor, allowed: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Judge statements and questions by passages of their card.

        Args:
            passages, statements: states after the lower layers.
            found: for each token of the statements, 1 where the card has the same token.
            allowed: (statements, passages), whether the one may read the other.

        Returns:
            Two logits for each statement (above 0: supported; answered, where it is a question) and one for each of
            their tokens (above 0: wrong).
        """
        told = statements.states + self.found(found)
        of_passage = torch.repeat_interleave(torch.arange(len(passages.lengths)), torch.tensor(passages.lengths))
        buckets = _buckets(statements.lengths, allowed[:, of_passage], torch.bfloat16)
        back = torch.argsort(torch.cat([bucket.grid[bucket.real] for bucket in buckets]))
        for layer, given in zip(self.layers, passages.states, strict=True):
            told = layer.after(told, _reading(layer.qkv, told, given, buckets, back))
        told = told.float()
        wrong = self.wrong(told).squeeze(-1)
        supported, answers = self._whole(told, wrong, statements.lengths)
        return supported, answers, wrong

    def _whole(self, states: Tensor, wrong: Tensor, lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
        grid, real = _grid(lengths)
        padded, doubts = states[grid], wrong[grid].masked_fill(~real, -1e4)
        share = doubts.softmax(dim=1).unsqueeze(-1)
        mean = (padded * real.unsqueeze(-1)).sum(dim=1) / real.sum(dim=1, keepdim=True)
        seen = torch.cat([padded[:, 0], mean, (padded * share).sum(dim=1)], dim=1)
        # A smooth maximum: one wrong word makes a statement wrong.
        worst = (share.squeeze(-1) * doubts).sum(dim=1)
        supported = self.whole(seen).squeeze(-1) - self.worst * worst
        return supported, self.answers(torch.cat([padded[:, 0], mean], dim=1)).squeeze(-1)


# Attention is written out: torch's fused kernel is several times slower backwards on a processor.
def _alone(mixed: Tensor, lengths: Sequence[int]) -> Tensor:
    """Attention within each text."""
    grid, real = _grid(lengths)
    query, key, value = (part[grid].unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in mixed.chunk(3, dim=-1))
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    share = scores.masked_fill(~real[:, None, None, :], -1e4).softmax(dim=-1)
    return (share.to(value.dtype) @ value).transpose(1, 2).flatten(2)[real]


@dataclass(frozen=True)
class _Bucket:
    """Statements of about one length: padding costs more than anything else.

    Args:
        grid: places in the packed tensor by statement and position.
        real: which of them are real.
        forbidden: what is added to scores of (own tokens, tokens of the passages).
    """

    grid: Tensor
    real: Tensor
    forbidden: Tensor


def _buckets(lengths: Sequence[int], reads: Tensor, dtype: torch.dtype) -> list[_Bucket]:
    grid, real = _grid(lengths)
    order = sorted(range(len(lengths)), key=lambda number: lengths[number])
    buckets = []
    for start in range(0, len(order), _BUCKET):
        members = order[start : start + _BUCKET]
        longest = lengths[members[-1]]
        there = real[members, :longest]
        allowed = torch.cat([there, reads[members]], dim=1)
        buckets.append(_Bucket(grid[members, :longest], there, _forbidden(allowed, dtype)[None, :, None, :]))
    return buckets


def _reading(qkv: nn.Linear, told: Tensor, given: Tensor, buckets: Sequence[_Bucket], back: Tensor) -> Tensor:
    """Attention of the statements' tokens to their own text and to what they may read.

    Args:
        qkv: makes queries, keys and values.
        told: states of the statements' tokens.
        given: states of the passages' tokens at this height.
        buckets: the statements by length.
        back: puts the buckets' tokens, one after another, back in order.
    """
    hidden = told.shape[-1]
    mixed = qkv(told)
    pairs = F.linear(given, qkv.weight[hidden:], qkv.bias[hidden:])
    given_key, given_value = (part.unflatten(-1, (HEADS, -1)).transpose(0, 1) for part in pairs.chunk(2, -1))
    given_key = given_key.transpose(-1, -2) * (hidden // HEADS) ** -0.5
    found = []
    for bucket in buckets:
        own = mixed[bucket.grid].unflatten(-1, (3, HEADS, -1)).permute(2, 3, 0, 1, 4)
        query, key, value = own[0], own[1] * own.shape[-1] ** -0.5, own[2]
        shape = query.shape[1:3]
        flat = query.flatten(1, 2)
        scores = torch.cat([query @ key.transpose(-1, -2), (flat @ given_key).unflatten(1, shape)], dim=-1)
        share = scores.add_(bucket.forbidden).softmax(dim=-1).to(value.dtype)
        size = shape[1]
        mix = share[..., :size] @ value + (share[..., size:].flatten(1, 2) @ given_value).unflatten(1, shape)
        found.append(mix.permute(1, 2, 0, 3).flatten(2)[bucket.real])
    return torch.cat(found)[back]


def _forbidden(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    """What is added to scores so that nothing is read that may not be."""
    return torch.zeros(allowed.shape, dtype=dtype).masked_fill(~allowed, -1e4)


def _grid(lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Places in a packed tensor by text and position, and which of them are real."""
    sizes = torch.tensor(lengths)
    position = torch.arange(int(sizes.max()))
    real = position[None, :] < sizes[:, None]
    starts = torch.cumsum(sizes, 0) - sizes
    return torch.where(real, starts[:, None] + position[None, :], 0), real


def _matrix(weights: WeightsFile, name: str, width: int) -> Tensor:
    integers, scales = unpack_nibbles(weights.blocks(f"{name}.w", width))
    return torch.from_numpy((integers * scales[..., None]).reshape(len(integers), width).astype(np.float32))


def _vector(weights: WeightsFile, name: str) -> Tensor:
    return torch.from_numpy(weights.floats(name).copy())
