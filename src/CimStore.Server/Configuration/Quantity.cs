using System.Globalization;

namespace CimStore.Server.Configuration;

/// <summary>Sizes and durations as people write them: <c>64KiB</c>, <c>100MB</c>, <c>36h</c>.</summary>
internal static class Quantity
{
    public const string SizesAllowed = "bytes as a number, or a string such as \"64KiB\" "
        + "(KiB, MiB, GiB, TiB: powers of 1024; KB, MB, GB, TB: powers of 1000)";

    public const string DurationsAllowed = "a string of a whole number and a unit: \"30s\", \"1m\", \"36h\", \"7d\"";

    private static readonly (string Unit, long Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ];

    private static readonly (string Unit, long Seconds)[] DurationUnits =
        [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

    public static long? Size(string text) => Number(text) ?? Scaled(text, SizeUnits);

    public static TimeSpan? Duration(string text) =>
        Scaled(text, DurationUnits) is { } seconds && seconds <= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond
            ? TimeSpan.FromSeconds(seconds)
            : null;

    public static string Of(long bytes) =>
        Largest(bytes, [.. SizeUnits.Take(4)]) ?? bytes.ToString(CultureInfo.InvariantCulture);

    /// <summary>For whole seconds, which is all that can be configured.</summary>
    public static string Of(TimeSpan duration)
    {
        var seconds = duration.Ticks / TimeSpan.TicksPerSecond;
        return Largest(seconds, DurationUnits) ?? $"{seconds}s";
    }

    private static string? Largest(long amount, (string Unit, long Amount)[] units) =>
        units.Reverse().Where(unit => amount > 0 && amount % unit.Amount == 0)
            .Select(unit => $"{amount / unit.Amount}{unit.Unit}").FirstOrDefault();

    private static long? Scaled(string text, (string Unit, long Amount)[] units)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || Number(text[..digits]) is not { } count)
        {
            return null;
        }

        foreach (var (unit, amount) in units)
        {
            if (text.AsSpan(digits).SequenceEqual(unit))
            {
                return count <= long.MaxValue / amount ? count * amount : null;
            }
        }

        return null;
    }

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
