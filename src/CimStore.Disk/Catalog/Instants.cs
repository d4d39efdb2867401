namespace CimStore.Disk.Catalog;

/// <summary>Instants as the index keeps them: ticks of 100 ns since 1970 UTC, as exact as the journal's.</summary>
internal static class Instants
{
    public static long ToTicks(DateTimeOffset instant) => instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    public static DateTimeOffset FromTicks(long ticks) => new(DateTimeOffset.UnixEpoch.Ticks + ticks, TimeSpan.Zero);
}
