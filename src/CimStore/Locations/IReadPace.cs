namespace CimStore.Locations;

/// <summary>How fast background work may read.</summary>
public interface IReadPace
{
    /// <summary>Waits until so many more bytes may be read.</summary>
    ValueTask TakeAsync(long bytes, CancellationToken cancellationToken);
}
