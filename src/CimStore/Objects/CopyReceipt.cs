using CimStore.Locations;

namespace CimStore.Objects;

public sealed record CopyReceipt(LocationId Location, StorageTier Tier, string FailureDomain, int Shards, bool Synced);
