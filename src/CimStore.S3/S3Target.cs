using CimStore.Locations;

namespace CimStore.S3;

/// <summary>Who is asked, for messages; with what its clock was seen to say.</summary>
internal sealed class S3Target(LocationId location, string endpoint, string bucket, TimeProvider time)
{
    private long _skewTicks = long.MinValue;

    public LocationId Location => location;

    public string Endpoint => endpoint;

    public string Bucket => bucket;

    /// <summary>Told the date of each answer.</summary>
    public void NoteDate(DateTimeOffset date) =>
        Interlocked.Exchange(ref _skewTicks, (time.GetUtcNow() - date).Ticks);

    public string DescribeSkew()
    {
        var ticks = Interlocked.Read(ref _skewTicks);
        if (ticks == long.MinValue)
        {
            return "The clocks here and there differ too much: set the clock here.";
        }

        var seconds = (long)TimeSpan.FromTicks(ticks).TotalSeconds;
        return $"The clock here is {Math.Abs(seconds)} s {(seconds < 0 ? "behind" : "ahead of")} the server's: set it.";
    }
}
