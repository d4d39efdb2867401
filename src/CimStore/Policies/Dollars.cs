using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>The arithmetic of <see cref="LocationCost"/>: a GB is 10^9 bytes, a month 30 days.</summary>
internal static class Dollars
{
    private const double BytesPerGb = 1e9;
    private const double DaysPerMonth = 30;

    public static double KeepPerDay(LocationCost cost, long sizeBytes) =>
        KeepPerDay(BilledBytes(cost, sizeBytes), cost);

    public static double KeepPerDay(double billedBytes, LocationCost cost) =>
        billedBytes / BytesPerGb * cost.DollarsPerGbMonth / DaysPerMonth;

    public static double ReadRequest(LocationCost cost) => cost.DollarsPerThousandReads / 1000;

    public static double Egress(LocationCost cost, long sizeBytes) => sizeBytes / BytesPerGb * cost.DollarsPerGbRead;

    public static double Read(LocationCost cost, long sizeBytes) => ReadRequest(cost) + Egress(cost, sizeBytes);

    public static double Write(LocationCost cost) => cost.DollarsPerThousandWrites / 1000;

    /// <summary>What is still to pay for the minimum days when it goes now.</summary>
    public static double LeaveEarly(LocationCost cost, long sizeBytes, long sinceTicks, long nowTicks)
    {
        var daysKept = (double)Math.Max(0, nowTicks - sinceTicks) / TimeSpan.TicksPerDay;
        return Math.Max(0, cost.DaysMin - daysKept) * KeepPerDay(cost, sizeBytes);
    }

    public static double BilledBytes(LocationCost cost, long sizeBytes) => Math.Max(sizeBytes, cost.SizeMinBytes);
}
