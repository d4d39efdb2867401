namespace CimStore.Policies;

/// <summary>What an access pattern changes: admission to the cache, the device, how often copies are proved.</summary>
/// <param name="CacheOnFirstRead">False: only the second read soon after the first admits it.</param>
/// <param name="CacheAtAll">False: reads never displace what the cache holds.</param>
/// <param name="Device">What medium suits, in words, until there is more than one location to choose from.</param>
/// <param name="VerifyEvery">How long a copy may go unproved.</param>
public sealed record PatternVerdict(
    bool CacheOnFirstRead, bool CacheAtAll, string Device, TimeSpan VerifyEvery, string Reason);
