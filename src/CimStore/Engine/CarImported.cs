using System.Collections.Immutable;
using CimStore.Content;

namespace CimStore.Engine;

/// <param name="Roots">What the archive was made for, under the names it has here.</param>
/// <param name="BlockCount">Blocks read and proved.</param>
/// <param name="MadeWhole">Contents put together from UnixFS and proved by their own names.</param>
public sealed record CarImported(
    ImmutableArray<Cid> Roots, long BlockCount, ImmutableArray<CarManifestEntry> MadeWhole);
