using System.Globalization;

namespace CimStore.Policies;

/// <summary>How durations, sizes, rates and shares are written in a policy, both ways.</summary>
internal static class PolicyUnits
{
    public const string DurationForm = "a whole number of s, m, h or d, such as \"36h\" or \"7d\", at most 36500d";
    public const string SizeForm =
        "a whole number of bytes, or one with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB in quotes, such as \"1MiB\"";

    public const string RateForm =
        "a number / hour, day, week or month (of 30 days), such as \"1/day\" or \"0.5/week\"";
    public const string ShareForm = "per cent from \"1%\" to \"100%\"";

    private const long DurationDaysMax = 36500;

    private static readonly (string Name, long Ticks)[] Durations =
    [
        ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>What is written goes by the first unit that divides it.</summary>
    private static readonly (string Name, long Bytes)[] Sizes =
    [
        ("TiB", 1L << 40), ("TB", 1_000_000_000_000), ("GiB", 1L << 30), ("GB", 1_000_000_000), ("MiB", 1L << 20),
        ("MB", 1_000_000), ("KiB", 1L << 10), ("kB", 1000), ("B", 1),
    ];

    private static readonly (string Name, double Days)[] Rates =
        [("day", 1), ("week", 7), ("month", 30), ("hour", 1.0 / 24)];

    public static TimeSpan? Duration(string text)
    {
        foreach (var (name, ticks) in Durations)
        {
            if (text.EndsWith(name, StringComparison.Ordinal) && Whole(text[..^name.Length]) is { } count
                && count <= DurationDaysMax * TimeSpan.TicksPerDay / ticks)
            {
                return TimeSpan.FromTicks(count * ticks);
            }
        }

        return null;
    }

    public static long? Size(string text)
    {
        foreach (var (name, bytes) in Sizes)
        {
            if (text.EndsWith(name, StringComparison.Ordinal) && Whole(text[..^name.Length]) is { } count)
            {
                return count <= long.MaxValue / bytes ? count * bytes : null;
            }
        }

        return null;
    }

    public static double? Rate(string text)
    {
        foreach (var (name, days) in Rates)
        {
            if (text.EndsWith("/" + name, StringComparison.Ordinal) && Number(text[..^(name.Length + 1)]) is { } count)
            {
                return count / days;
            }
        }

        return null;
    }

    public static double? Share(string text) =>
        text.EndsWith('%') && Number(text[..^1]) is { } percent && percent is >= 1 and <= 100 ? percent / 100 : null;

    public static string Text(TimeSpan duration)
    {
        foreach (var (name, ticks) in Durations)
        {
            if (duration.Ticks % ticks == 0)
            {
                return Text($"{duration.Ticks / ticks}{name}");
            }
        }

        return Text($"{duration.Ticks / TimeSpan.TicksPerSecond}s");
    }

    public static string SizeText(long bytes)
    {
        var (name, unit) = bytes == 0 ? ("B", 1) : Sizes.First(size => bytes % size.Bytes == 0);
        return Text($"{bytes / unit}{name}");
    }

    /// <summary>The shortest text that reads as exactly this rate; all digits there are where none does.</summary>
    public static string RateText(double perDay) =>
        Rates.Select(rate => Text($"{perDay * rate.Days:R}/{rate.Name}"))
            .Where(text => Rate(text) is { } read && read.Equals(perDay))
            .MinBy(text => text.Length)
        ?? Text($"{perDay:F30}/day");

    public static string ShareText(double share)
    {
        var shortest = Text($"{share * 100:G15}%");
        return Share(shortest) is { } read && read.Equals(share) ? shortest : Text($"{share * 100:R}%");
    }

    private static long? Whole(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Digits with or without a fraction: no sign, no exponent, no words for what is no number.</summary>
    private static double? Number(string text) =>
        text.Length is > 0 and <= 32 && text.All(symbol => char.IsAsciiDigit(symbol) || symbol == '.')
        && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
