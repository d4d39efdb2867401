using System.Globalization;

namespace CimStore.Diagnostics;

/// <summary>Sizes and times for people; machines read `--json`.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    public static string Of(long bytes)
    {
        double amount = bytes;
        var unit = 0;
        while (Math.Abs(amount) >= 1024 && unit < Units.Length - 1)
        {
            amount /= 1024;
            unit++;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
            : string.Create(CultureInfo.InvariantCulture, $"{amount:0.0} {Units[unit]}");
    }

    public static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Of(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
