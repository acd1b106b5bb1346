"""Chaining loose pieces into closed loops and open chains, by their end points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from station.order.geometry import Point
from station.order.pieces import Piece

Chain = tuple[Piece, ...]  # each piece turned so that it begins where the one before ends


@dataclass(frozen=True, slots=True)
class Chained:
    """What the pieces make. `branches` are the corners where more than two pieces of would-be loops meet."""

    closed: tuple[Chain, ...]
    open: tuple[Chain, ...]
    branches: tuple[Point, ...]


def chain(pieces: Sequence[Piece], join_mm: float) -> Chained:
    """Loops and chains of `pieces` whose ends lie within about `join_mm` of each other.

    Pieces that dangle from a loop are taken off it and become open chains. Where loops share a corner it is not clear
    which way each goes: the corner is a branch, and its pieces stay open. The order of the answer follows `pieces`.
    """
    closed: list[Chain] = []
    loose: list[Piece] = []
    for piece in pieces:
        is_loop = math.dist(piece.start_mm, piece.end_mm) <= join_mm and piece.length_mm > 4 * join_mm
        if is_loop:
            closed.append((piece,))
        elif piece.length_mm > 0:
            loose.append(piece)
    graph = _Graph(loose, join_mm)
    core = graph.core()
    for component in graph.components(core):
        if all(len(graph.at_node(node, component)) == 2 for node in graph.nodes_of(component)):
            closed.append(graph.walk(min(component), component))
            core -= component
    branches = [graph.place(node) for node in sorted(graph.nodes_of(core)) if len(graph.at_node(node, core)) > 2]
    rest = set(range(len(loose))) - graph.used
    return Chained(tuple(closed), tuple(graph.open_chains(rest)), tuple(branches))


class _Graph:
    """Pieces as edges between corners."""

    def __init__(self, pieces: list[Piece], join_mm: float) -> None:
        self.pieces = pieces
        ends = [end for piece in pieces for end in (piece.start_mm, piece.end_mm)]
        corners = _corners(ends, join_mm)
        self.ends = [(corners[2 * number], corners[2 * number + 1]) for number in range(len(pieces))]
        self.edges: dict[int, list[int]] = defaultdict(list)
        for number, (start, end) in enumerate(self.ends):
            self.edges[start].append(number)
            self.edges[end].append(number)
        self.used: set[int] = set()

    def place(self, node: int) -> Point:
        number = self.edges[node][0]
        return self.pieces[number].start_mm if self.ends[number][0] == node else self.pieces[number].end_mm

    def nodes_of(self, edges: set[int]) -> set[int]:
        return {node for number in edges for node in self.ends[number]}

    def at_node(self, node: int, edges: set[int]) -> list[int]:
        return [number for number in self.edges[node] if number in edges]

    def core(self) -> set[int]:
        """The edges that are left when dangling ones are taken away until none dangles."""
        left = {number for number, (start, end) in enumerate(self.ends) if start != end}
        degree = {node: len(self.at_node(node, left)) for node in self.edges}
        dangling = [node for node, count in degree.items() if count == 1]
        while dangling:
            node = dangling.pop()
            for number in self.at_node(node, left):
                left.discard(number)
                for end in self.ends[number]:
                    degree[end] -= 1
                    if degree[end] == 1:
                        dangling.append(end)
        return left

    def components(self, edges: set[int]) -> list[set[int]]:
        found: list[set[int]] = []
        unseen = set(edges)
        for first in sorted(edges):
            if first not in unseen:
                continue
            component, waiting = set[int](), [first]
            while waiting:
                number = waiting.pop()
                if number in unseen:
                    unseen.discard(number)
                    component.add(number)
                    waiting += [near for end in self.ends[number] for near in self.edges[end] if near in unseen]
            found.append(component)
        return found

    def walk(self, first: int, edges: set[int], start: int | None = None) -> Chain:
        """Along `edges` from `first`, through every corner where just two meet."""
        node = self.ends[first][0] if start is None else start
        number, steps = first, list[Piece]()
        while True:
            self.used.add(number)
            begin, end = self.ends[number]
            steps.append(self.pieces[number] if node == begin else self.pieces[number].reversed())
            node = end if node == begin else begin
            here = self.at_node(node, edges)
            following = [near for near in here if near not in self.used]
            if len(here) != 2 or not following:
                return tuple(steps)
            number = following[0]

    def open_chains(self, edges: set[int]) -> list[Chain]:
        found: list[Chain] = []
        for number in sorted(edges):
            if number in self.used:
                continue
            start = self._one_end(number, edges)
            found.append(self.walk(start[0], edges, start[1]))
        return found

    def _one_end(self, number: int, edges: set[int]) -> tuple[int, int]:
        """Back along the chain of `number` to its beginning: an edge and the corner where the chain starts."""
        node, seen = self.ends[number][0], {number}
        while True:
            here = self.at_node(node, edges)
            before = [near for near in here if near not in seen and near not in self.used]
            if len(here) != 2 or not before:
                return number, node
            number = before[0]
            seen.add(number)
            begin, end = self.ends[number]
            node = begin if end == node else end


def _corners(ends: list[Point], join_mm: float) -> list[int]:
    """A corner's number for each end; ends in one cell of `join_mm`, or in neighbouring cells and close, share it."""
    cells: dict[tuple[int, int], int] = {}
    parent = list(range(len(ends)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, (x, y) in enumerate(ends):
        column, row = math.floor(x / join_mm), math.floor(y / join_mm)
        first = cells.setdefault((column, row), number)
        parent[root(number)] = root(first)
        if first != number:
            continue
        for cell in ((column + dx, row + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            other = cells.get(cell)
            if other is not None and math.dist(ends[other], (x, y)) <= 1.5 * join_mm:
                parent[root(number)] = root(other)
    return [root(number) for number in range(len(ends))]
