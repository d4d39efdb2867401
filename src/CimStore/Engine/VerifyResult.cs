using System.Collections.Immutable;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>What reading every copy from its medium showed.</summary>
public sealed record VerifyResult(Cid Cid, bool IsWhole, ImmutableArray<CopyVerdict> Copies);
