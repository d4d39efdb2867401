using System.Collections.Immutable;

namespace CimStore.Disk.Uploads;

/// <summary>What an earlier process left.</summary>
public sealed record FoundUploads(ImmutableArray<StagedUpload> Uploads, ImmutableArray<UnreadableUpload> Unreadable);
