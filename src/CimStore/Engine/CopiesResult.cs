using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>Where an object's copies are after a command about them.</summary>
/// <param name="Tier">The tier that the object is at.</param>
/// <param name="EffectiveCopies">How many failure domains it takes to lose it.</param>
/// <param name="Replicas">The verified copies.</param>
/// <param name="CopiesOwed">What its class still owes.</param>
/// <param name="Changed">Whether there was anything to do; repeating a command is not an error.</param>
/// <param name="Lsn">The revision of the record that shows it.</param>
public sealed record CopiesResult(
    Cid Cid, StorageTier Tier, int EffectiveCopies, ImmutableArray<CopyReceipt> Replicas, int CopiesOwed, bool Changed,
    Lsn Lsn);
