namespace CimStore.Server.Http;

/// <summary>Marks routes that are asked with POST and read the catalog as a GET does.</summary>
internal sealed class QuestionMarker;
